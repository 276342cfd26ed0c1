// The config of the admin listener: where it is, and who may do what there. docs/access.md tells of it.
import * as z from "zod";
import { ROLES } from "../core/role.ts";
import {
  address,
  adminToken,
  filePath,
  headerName,
  listOf,
  network,
  oneOf,
  section,
  text,
} from "./values.ts";

/** A token each for people and machines; more is a directory's work, and a proxy's in front. */
export const TOKENS_MAX = 100;
const NETWORKS_MAX = 100;
export const ROLE_NAMES_MAX = 1000;

const role = oneOf(ROLES);

const tokenName = text("1 to 64 letters, digits and . _ @ - that begin with a letter or digit", (value) =>
  /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(value),
);

const namedToken = z.strictObject(
  {
    name: tokenName.describe("Who it is in the audit log."),
    role: role.describe("viewer reads; reviewer triages and adds rules; operator does all."),
    token: adminToken.optional().describe("The token; tokenFile keeps it out of here."),
    tokenFile: filePath.optional().describe("File that holds it; read at start."),
  },
  section,
);

const roles = z
  .record(z.string().min(1).max(256), role, { error: "a mapping of groups and users to roles" })
  .refine((names) => Object.keys(names).length <= ROLE_NAMES_MAX, {
    error: `at most ${ROLE_NAMES_MAX} entries`,
  });

const trustedProxy = z
  .strictObject(
    {
      networks: listOf(network, NETWORKS_MAX)
        .min(1, { error: "a list of at least one network: the proxy's own addresses" })
        .describe("Where the proxy connects from; nobody else's headers are believed."),
      userHeader: headerName.default("x-forwarded-email").describe("Header that names the user."),
      roleHeader: headerName
        .optional()
        .describe("Header that lists the user's roles or, where roles has entries, groups."),
      roles: roles.default({}).describe("Group or user to role; of several the one that may do most."),
      defaultRole: role.default("viewer").describe("Of a user for whom nothing else is said."),
    },
    section,
  )
  .describe("A proxy in front that authenticates people (OIDC) and says who they are.");

export const admin = z
  .strictObject(
    {
      listen: address.default("127.0.0.1:9090").describe("Where the admin API, metrics and page listen."),
      token: adminToken
        .optional()
        .describe(
          "Bearer token. Needed where the listener is not on loopback; tokenFile keeps it out of here.",
        ),
      tokenFile: filePath.optional().describe("File that holds the token; read at start."),
      tokens: listOf(namedToken, TOKENS_MAX)
        .default([])
        .describe("Further tokens, each with a name and a role."),
      trustedProxy: trustedProxy.optional(),
    },
    section,
  )
  .prefault({})
  .describe("The admin listener.");
