// Whether who looks may decide. Where that is not known yet, nothing is kept from them: the API decides anyway.
import { mayActAs } from "../../core/role.ts";
import { useMe } from "../frame/me.tsx";

export interface Rights {
  readonly who: string | undefined;
  /** May triage, comment and put rules to work. */
  readonly mayReview: boolean;
  /** Why not, for the title of what is disabled; undefined where they may. */
  readonly whyNot: string | undefined;
}

export function useRights(): Rights {
  const me = useMe();
  const mayReview = me === undefined || mayActAs(me.role, "reviewer");
  return {
    who: me?.who,
    mayReview,
    whyNot: mayReview ? undefined : `You are a ${me?.role}: this needs the role reviewer`,
  };
}
