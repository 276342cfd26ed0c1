// The id of a signature: a hash over what it groups alone, so that it is the same after a restart, on every replica,
// and for the store, which gives new ids where endpoints become one.
import { createHash } from "node:crypto";
import type { Signature } from "./batch.ts";

/** 16 hex digits. The path is the whole one, before it is cut for display. */
export function signatureIdOf({ endpoint, part, path, kind }: Omit<Signature, "id">): string {
  const key = JSON.stringify([endpoint, part, path, kind]);
  return createHash("sha256").update(key).digest("hex").slice(0, 16);
}
