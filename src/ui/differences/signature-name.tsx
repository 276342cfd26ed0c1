// A signature by what differs and where, for an entry that has only its id; asked once for each.
import { useEffect, useState } from "preact/hooks";
import type { SignatureAnswer } from "../../admin/schemas.ts";
import { get } from "../api.ts";
import { inTurn } from "../parts/in-turn.ts";
import { PathText } from "./signature-badges.tsx";

type Named = Pick<SignatureAnswer, "endpoint" | "part" | "path">;

/** Names remembered; then all are asked anew. */
const KEPT_MAX = 500;
const kept = new Map<string, Promise<Named | undefined>>();

function nameOf(id: string): Promise<Named | undefined> {
  const known = kept.get(id);
  if (known !== undefined) return known;
  if (kept.size >= KEPT_MAX) kept.clear();
  const asked = inTurn(() => get<Named>(`/api/differences/${encodeURIComponent(id)}`)).then((result) =>
    result.kind === "ok" ? result.value : undefined,
  );
  kept.set(id, asked);
  return asked;
}

interface SignatureNameProps {
  readonly id: string;
  /** Where its endpoint is told already. */
  readonly isShort?: boolean;
}

export function SignatureName({ id, isShort = false }: SignatureNameProps) {
  const [name, setName] = useState<Named>();
  useEffect(() => {
    let isGone = false;
    nameOf(id).then(
      (found) => {
        if (!isGone) setName(found);
      },
      () => undefined, // only an abort rejects, and nobody aborts it
    );
    return () => {
      isGone = true;
    };
  }, [id]);
  if (name === undefined) return <>signature {id}</>;
  if (isShort) return <PathText {...name} />;
  return (
    <>
      <PathText {...name} /> at <code>{name.endpoint}</code>
    </>
  );
}
