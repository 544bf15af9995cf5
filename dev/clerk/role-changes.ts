import type { Permission, Role } from "./objects.ts";
import type { State } from "./state.ts";

/** Changes of the roles in organizations and of their permissions. */
export type RoleChanges = {
  /** @param permissions their ids */
  createRole(options?: { name?: string; permissions?: string[] }): Role;
  /**
   * Memberships keep the name and the permissions that their role had when it was given: it is not documented whether
   * Clerk sends an event for each of them, and here nothing changes without an event.
   */
  updateRole(roleId: string, fields?: { name?: string; description?: string; permissions?: string[] }): Role;
  /** Throws if somebody still has the role, or is invited to it. */
  deleteRole(roleId: string): void;
  createPermission(options?: { name?: string }): Permission;
  /** Changes the roles that have it too. */
  updatePermission(permissionId: string, fields?: { name?: string; description?: string }): Permission;
  /** Takes it from the roles that have it. */
  deletePermission(permissionId: string): void;
};

const newPermission = (state: State, key: string, name: string, at: number, isSystem = false): Permission => ({
  object: "permission",
  id: state.newId("perm"),
  name,
  key,
  description: `Permission to ${name.toLowerCase()}`,
  type: isSystem ? "system" : "user",
  created_at: at,
  updated_at: at,
});

const newRole = (state: State, key: string, name: string, permissions: Permission[], at: number): Role => ({
  object: "role",
  id: state.newId("role"),
  name,
  key,
  description: null,
  is_creator_eligible: key === "org:admin",
  permissions,
  created_at: at,
  updated_at: at,
});

/** What every Clerk instance begins with: two roles, of which the second may only read. */
export const addBuiltInRoles = (state: State, at: number): void => {
  const system = (key: string, name: string) => state.permissions.add(newPermission(state, key, name, at, true));
  const manage = [
    system("org:sys_profile:manage", "Manage organization"),
    system("org:sys_profile:delete", "Delete organization"),
    system("org:sys_memberships:manage", "Manage members"),
    system("org:sys_domains:manage", "Manage domains"),
  ];
  const read = [system("org:sys_memberships:read", "Read members"), system("org:sys_domains:read", "Read domains")];
  state.roles.add(newRole(state, "org:admin", "Admin", [...manage, ...read], at));
  state.roles.add(newRole(state, "org:member", "Member", read, at));
};

/** Whether somebody has the role, or is invited to it. */
export const isHeld = (state: State, role: Role): boolean =>
  state.memberships.values().some((membership) => membership.role === role.key) ||
  state.invitations.values().some(({ status, role: key }) => status === "pending" && key === role.key);

export const roleChanges = (state: State): RoleChanges => {
  const tell = (type: "created" | "updated", role: Role): void => state.emit(`role.${type}`, role, role.updated_at);
  const touchRolesWith = (permission: Permission, change: (role: Role) => void): void => {
    for (const role of state.roles.values()) {
      if (!role.permissions.includes(permission)) continue;
      change(role);
      state.touch(role);
      tell("updated", role);
    }
  };
  return {
    createRole: ({ name = `Role ${state.count()}`, permissions = [] } = {}) => {
      const key = `org:${name.toLowerCase().replaceAll(" ", "_")}`;
      const held = permissions.map((id) => state.permissions.need(id));
      const role = state.roles.add(newRole(state, key, name, held, state.now()));
      tell("created", role);
      return role;
    },
    updateRole: (roleId, { permissions, ...fields } = { description: `Description ${state.count()}` }) => {
      const role = state.roles.need(roleId);
      Object.assign(role, fields);
      if (permissions !== undefined) role.permissions = permissions.map((id) => state.permissions.need(id));
      state.touch(role);
      tell("updated", role);
      return role;
    },
    deleteRole: (roleId) => {
      const role = state.roles.need(roleId);
      if (isHeld(state, role)) throw new Error(`somebody has the role ${role.key}`);
      state.roles.delete(roleId);
      // The whole object, as in the types of @clerk/backend; the OpenAPI has the short form.
      state.emit("role.deleted", role, state.after(role.updated_at));
    },
    createPermission: ({ name = `Feature ${state.count()}` } = {}) => {
      const key = `org:${name.toLowerCase().replaceAll(" ", "_")}:use`;
      const permission = state.permissions.add(newPermission(state, key, name, state.now()));
      state.emit("permission.created", permission, permission.updated_at);
      return permission;
    },
    updatePermission: (permissionId, fields = { description: `Description ${state.count()}` }) => {
      const permission = state.permissions.need(permissionId);
      Object.assign(permission, fields);
      state.touch(permission);
      state.emit("permission.updated", permission, permission.updated_at);
      touchRolesWith(permission, () => {});
      return permission;
    },
    deletePermission: (permissionId) => {
      const permission = state.permissions.need(permissionId);
      state.permissions.delete(permissionId);
      state.emit("permission.deleted", permission, state.after(permission.updated_at));
      touchRolesWith(permission, (role) => {
        role.permissions = role.permissions.filter(({ id }) => id !== permissionId);
      });
    },
  };
};
