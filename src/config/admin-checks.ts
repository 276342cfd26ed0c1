// What must hold between the keys of the admin listener: nobody reaches it from afar without saying who they are, and
// no two tokens can be taken for each other.
import { isLoopback, parseAddress, reaches } from "./grammar.ts";
import type { CrossFault, KeyPath } from "./problem.ts";
import type { Settings } from "./schema.ts";

type Admin = Settings["admin"];

const SHARED_NAME = "admin";

/** Of the sections that the schema accepts. */
export function adminFaults(admin: Admin | undefined, listenText: string | undefined): CrossFault[] {
  if (admin === undefined) return [];
  return [...listenFaults(admin, listenText), ...tokenFaults(admin)];
}

function hasToken({ token, tokenFile }: Pick<Admin, "token" | "tokenFile">): boolean {
  return token !== undefined || tokenFile !== undefined;
}

function listenFaults(admin: Admin, listenText: string | undefined): CrossFault[] {
  const faults: CrossFault[] = [];
  const adminListen = parseAddress(admin.listen);
  const listen = parseAddress(listenText ?? "");
  if (adminListen === undefined) return faults;
  if (listen !== undefined && (reaches(adminListen, listen) || reaches(listen, adminListen)))
    faults.push({ path: ["admin", "listen"], found: admin.listen, allowed: "another address than listen" });
  const isGuarded = hasToken(admin) || admin.tokens.length > 0 || admin.trustedProxy !== undefined;
  if (!isLoopback(adminListen.host) && !isGuarded)
    faults.push({
      path: ["admin", "listen"],
      found: admin.listen,
      allowed:
        "a loopback address such as 127.0.0.1:9090; elsewhere a token is needed (PARALLAX_ADMIN_TOKEN or admin.tokenFile)",
    });
  return faults;
}

function tokenFaults(admin: Admin): CrossFault[] {
  const faults: CrossFault[] = [];
  const both = (path: KeyPath, file: string | undefined, where: string) =>
    faults.push({
      path: [...path, "tokenFile"],
      found: file,
      allowed: `${where}token or ${where}tokenFile, not both`,
    });
  if (admin.token !== undefined && admin.tokenFile !== undefined) both(["admin"], admin.tokenFile, "admin.");
  const names = new Set([SHARED_NAME]);
  for (const [index, entry] of admin.tokens.entries()) {
    const path = ["admin", "tokens", index];
    if (names.has(entry.name))
      faults.push({
        path: [...path, "name"],
        found: entry.name,
        allowed: `a name that no other token has; admin.token is called ${SHARED_NAME}`,
      });
    names.add(entry.name);
    if (entry.token !== undefined && entry.tokenFile !== undefined) both(path, entry.tokenFile, "");
    if (!hasToken(entry))
      faults.push({ path, found: undefined, allowed: "a token: token or tokenFile is needed" });
  }
  return faults;
}
