import type { Domain, Invitation, Membership, Organization, PublicOrganizationData, Role, User } from "./objects.ts";
import type { State } from "./state.ts";
import { publicUserData } from "./user-changes.ts";

const adjectives = ["Bright", "Calm", "Early", "Green", "Little", "Northern", "Quiet", "Silver"];
const nouns = ["Bakery", "Garden", "Harbour", "Library", "Mill", "Observatory", "Studio", "Workshop"];
const dayMilliseconds = 86_400_000;

export type OrganizationName = { name: string; slug: string };

export const randomOrganizationName = (state: State): OrganizationName => {
  const name = `${state.random.pick(adjectives)} ${state.random.pick(nouns)}`;
  return { name, slug: `${name.toLowerCase().replace(" ", "-")}-${state.count()}` };
};

export const newOrganization = (state: State, creatorId: string, at: number): Organization => {
  const id = state.newId("org");
  return {
    object: "organization",
    id,
    ...randomOrganizationName(state),
    image_url: `https://img.clerk.com/${id}`,
    has_image: false,
    max_allowed_memberships: 0, // unlimited
    admin_delete_enabled: true,
    public_metadata: state.random.chance(0.3) ? { region: state.random.pick(["eu", "us"]) } : {},
    private_metadata: state.random.chance(0.3) ? { account: state.random.below(1000) } : {},
    created_by: creatorId,
    role_set_key: "role_set:default",
    created_at: at,
    updated_at: at,
  };
};

/** The role with this key. Throws if there is none. */
export const roleOf = (state: State, key: string): Role => {
  for (const role of state.roles.values()) if (role.key === key) return role;
  throw new Error(`there is no role ${key}`);
};

/** What a membership says about its role, as the role is when it is given. */
export const roleFields = (role: Role) => ({
  role: role.key,
  role_name: role.name,
  permissions: role.permissions.map(({ key }) => key),
});

export const newMembership = (
  state: State,
  organization: Organization,
  user: User,
  role: Role,
  at: number,
): Membership => ({
  id: state.newId("orgmem"),
  object: "organization_membership",
  ...roleFields(role),
  public_metadata: state.random.chance(0.2) ? { team: state.random.below(10) } : {},
  private_metadata: state.random.chance(0.2) ? { note: state.random.below(10) } : {},
  organization,
  public_user_data: publicUserData(state, user),
  created_at: at,
  updated_at: at,
});

export type InviteOptions = { email?: string; role?: string; inviterId?: string };

export const newInvitation = (
  state: State,
  organization: Organization,
  at: number,
  { email = `guest.${state.count()}@example.com`, role = "org:member", inviterId }: InviteOptions = {},
): Invitation => {
  const id = state.newId("orginv");
  const inviter = inviterId === undefined ? undefined : publicUserData(state, state.users.need(inviterId));
  return {
    object: "organization_invitation",
    id,
    email_address: email,
    role,
    role_name: roleOf(state, role).name,
    organization_id: organization.id,
    inviter_id: inviterId ?? null,
    public_inviter_data:
      inviter === undefined
        ? null
        : {
            user_id: inviter.user_id,
            first_name: inviter.first_name,
            last_name: inviter.last_name,
            image_url: inviter.image_url,
            has_image: inviter.has_image,
            identifier: inviter.identifier,
          },
    status: "pending",
    public_metadata: {},
    private_metadata: state.random.chance(0.2) ? { campaign: state.random.below(10) } : {},
    url: `https://accounts.example.com/v1/tickets/accept?ticket=${id}`,
    expires_at: at + 30 * dayMilliseconds,
    created_at: at,
    updated_at: at,
  };
};

/** What everybody can see of an organization. */
export const publicOrganizationData = ({
  id,
  name,
  slug,
  image_url,
  has_image,
}: Organization): PublicOrganizationData => ({ id, name, slug, image_url, has_image });

export const newDomain = (state: State, organization: Organization, at: number, name?: string): Domain => {
  const verification = { status: "unverified", strategy: "txt", attempts: 0, expire_at: null, verified_at: null };
  return {
    object: "organization_domain",
    id: state.newId("orgdmn"),
    organization_id: organization.id,
    name: name ?? `site-${state.count()}.example.com`,
    enrollment_mode: "manual_invitation",
    affiliation_email_address: null,
    affiliation_verification: null,
    ownership_verification: verification,
    verification: null,
    total_pending_invitations: 0,
    total_pending_suggestions: 0,
    public_organization_data: publicOrganizationData(organization),
    created_at: at,
    updated_at: at,
  };
};

type Memberships = { of(organizationId: string): readonly Membership[] };

/** With its number of members, as in events, and in the API on request. */
export const withMembersCount = ({ memberships }: { memberships: Memberships }, organization: Organization) => ({
  ...organization,
  members_count: memberships.of(organization.id).length,
});
