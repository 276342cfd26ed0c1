// A route's adapter on a serving thread: for whose requests it is, and what it does. One per route and snapshot.
import { Adapter } from "../adapt/adapter.ts";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";
import { ClientAddress } from "../rollout/decide/client-address.ts";
import { CohortList } from "../rollout/decide/cohort.ts";
import { NetworkSet } from "../rollout/decide/networks.ts";
import { RequestValues } from "../rollout/decide/request-values.ts";
import type { RequestView } from "../rollout/decide/request-view.ts";
import { TextSets } from "../rollout/decide/text-sets.ts";
import type { TokenReader } from "../rollout/decide/token-reader.ts";

export class RouteAdapting {
  readonly adapter: Adapter;
  /** Undefined: for everybody. */
  readonly #when: CohortList | undefined;
  readonly #values: RequestValues;
  readonly #address: ClientAddress;

  constructor(
    settings: NonNullable<RouteSettings["adapters"]>,
    { trustedProxies }: Pick<Snapshot, "trustedProxies">,
    tokens: TokenReader,
  ) {
    const { when } = settings;
    this.adapter = new Adapter(settings);
    this.#values = new RequestValues(tokens);
    this.#address = new ClientAddress(new NetworkSet(trustedProxies));
    const texts = new TextSets(undefined);
    const grounds = { values: this.#values, address: this.#address, texts };
    this.#when =
      when.length === 0 ? undefined : new CohortList([{ name: "when", conditions: when }], grounds);
  }

  /** What cannot be told is a no: who says nothing clear gets what the candidate says. */
  isFor(request: RequestView): boolean {
    if (this.#when === undefined) return true;
    this.#values.begin(request);
    this.#address.begin(request);
    return this.#when.find(false) !== undefined;
  }
}

export function adaptingFor(
  { adapters }: RouteSettings,
  snapshot: Pick<Snapshot, "trustedProxies">,
  tokens: TokenReader,
): RouteAdapting | undefined {
  return adapters === undefined ? undefined : new RouteAdapting(adapters, snapshot, tokens);
}
