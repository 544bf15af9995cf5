import type { Domain, Organization } from "./objects.ts";
import {
  newDomain,
  newMembership,
  newOrganization,
  type OrganizationName,
  publicOrganizationData,
  randomOrganizationName,
  roleOf,
  withMembersCount,
} from "./organizations.ts";
import { emitMembership } from "./membership-changes.ts";
import type { State } from "./state.ts";

/** Changes of organizations and their domains. */
export type OrganizationChanges = {
  /** Its creator becomes its first member, as an admin. */
  createOrganization(creatorId: string, name?: OrganizationName): Organization;
  renameOrganization(organizationId: string, name?: Partial<OrganizationName>): Organization;
  /** Also deletes its memberships, invitations and domains, without events for them. */
  deleteOrganization(organizationId: string): void;
  addDomain(organizationId: string, name?: string): Domain;
  verifyDomain(domainId: string): Domain;
  removeDomain(domainId: string): void;
};

export const organizationChanges = (state: State): OrganizationChanges => {
  const emit = (type: "created" | "updated", organization: Organization): void =>
    state.emit(`organization.${type}`, withMembersCount(state, organization), organization.updated_at);

  return {
    createOrganization: (creatorId, name) => {
      const creator = state.users.need(creatorId);
      const at = state.now();
      const made = newOrganization(state, creatorId, at);
      const organization = state.organizations.add({ ...made, ...name });
      const membership = newMembership(state, organization, creator, roleOf(state, "org:admin"), at);
      state.memberships.add(membership);
      emit("created", organization);
      emitMembership(state, "created", membership, at);
      return organization;
    },
    renameOrganization: (organizationId, name = randomOrganizationName(state)) => {
      const organization = state.organizations.need(organizationId);
      Object.assign(organization, name);
      state.touch(organization);
      for (const domain of state.domains.of(organizationId)) {
        domain.public_organization_data = publicOrganizationData(organization);
      }
      emit("updated", organization);
      return organization;
    },
    deleteOrganization: (organizationId) => {
      const organization = state.organizations.need(organizationId);
      state.memberships.deleteOf(organizationId);
      state.invitations.deleteOf(organizationId);
      state.domains.deleteOf(organizationId);
      state.organizations.delete(organizationId);
      const deleted = { object: "organization", id: organizationId, deleted: true };
      state.emit("organization.deleted", deleted, state.after(organization.updated_at));
    },
    addDomain: (organizationId, name) => {
      const organization = state.organizations.need(organizationId);
      const domain = state.domains.add(newDomain(state, organization, state.now(), name));
      state.emit("organizationDomain.created", domain, domain.updated_at);
      return domain;
    },
    verifyDomain: (domainId) => {
      const domain = state.domains.need(domainId);
      const verified_at = state.touch(domain);
      domain.ownership_verification = {
        status: "verified",
        strategy: "txt",
        attempts: 1,
        expire_at: null,
        verified_at,
      };
      domain.enrollment_mode = "automatic_invitation";
      state.emit("organizationDomain.updated", domain, domain.updated_at);
      return domain;
    },
    removeDomain: (domainId) => {
      const domain = state.domains.need(domainId);
      state.domains.delete(domainId);
      const deleted = { object: "organization_domain", id: domainId, deleted: true };
      state.emit("organizationDomain.deleted", deleted, state.after(domain.updated_at));
    },
  };
};
