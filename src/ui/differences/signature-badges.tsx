// What kind of difference it is and whether it can break a client, as badges.
import type { SignatureAnswer } from "../../admin/schemas.ts";
import { Badge } from "../parts/badge.tsx";
import { CLASS_WORDS, classOf } from "./words.ts";

export function KindBadge({ kind, part }: Pick<SignatureAnswer, "kind" | "part">) {
  return <Badge tone="quiet">{part === "body" ? kind : `${part} ${kind}`}</Badge>;
}

export function ClassBadge({
  signature,
}: {
  readonly signature: Pick<SignatureAnswer, "breaking" | "count">;
}) {
  const name = classOf(signature);
  return (
    <Badge tone={name === "additive" ? "good" : "warn"} title={CLASS_WORDS[name]}>
      {name === "mixed" ? "partly breaking" : name}
    </Badge>
  );
}

/** The place as it is stored; the status has no path. */
export function PathText({ part, path }: Pick<SignatureAnswer, "part" | "path">) {
  return <code class="path">{part === "status" ? "status" : path === "" ? "(whole body)" : path}</code>;
}
