// What somebody may do on the admin API. Each role may do all that the ones before it may.

export const ROLES = ["viewer", "reviewer", "operator"] as const;
export type Role = (typeof ROLES)[number];

/** `viewer` reads; `reviewer` triages, comments and puts rules to work; `operator` changes traffic and data. */
export function mayActAs(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
