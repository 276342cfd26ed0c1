// Everything on the shadow thread that follows from one snapshot alone, made once per snapshot.
import { Adapter } from "../adapt/adapter.ts";
import { systemClock } from "../core/clock.ts";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";
import { type CompiledCompare, compileCompare } from "../diff/judging.ts";
import { compileRedaction, type Redaction } from "../diff/redact.ts";
import { compileEndpoints } from "../noise/endpoint.ts";
import { type CustomModules, functionsOf } from "./custom-modules.ts";
import { type MirrorEdits, prepareMirrorEdits } from "./mirror-head.ts";

export interface CompiledRoute {
  readonly route: RouteSettings;
  readonly compare: CompiledCompare;
  readonly edits: MirrorEdits;
  /** For the clients that a record says it is for. */
  readonly adapter: Adapter | undefined;
  /** Under the route's rules: what they rename is a secret under both names. */
  readonly redaction: Redaction;
}

export interface Compiled {
  readonly snapshot: Snapshot;
  /** By slot. */
  readonly routes: ReadonlyMap<number, CompiledRoute>;
  readonly endpointOf: (method: string, target: string) => string;
}

export function compileSnapshot(snapshot: Snapshot, customModules: CustomModules): Compiled {
  const nameOf = compileEndpoints(snapshot.endpointTemplates, snapshot.learnedTemplates);
  const redaction = compileRedaction(snapshot.redact);
  return {
    snapshot,
    routes: new Map(
      snapshot.routes.map((route) => [
        route.slot,
        {
          route,
          compare: compileCompare(route.compare, systemClock, functionsOf(route.compare, customModules)),
          edits: prepareMirrorEdits(route.mirror),
          adapter: route.adapters === undefined ? undefined : new Adapter(route.adapters),
          redaction: compileRedaction(snapshot.redact, route.compare.rules),
        },
      ]),
    ),
    // What no template names is named by its segments: one of them may be a secret.
    endpointOf: (method, target) => redaction.target(nameOf(method, target)),
  };
}
