// The header by which clients of trusted networks choose who serves them (HOT). It is taken out of every request before
// that goes on, whoever sent it: snapshot.override.header names it.
import type { OverrideSettings } from "../../core/snapshot.ts";
import type { ClientAddress } from "./client-address.ts";
import { NetworkSet } from "./networks.ts";
import { isField } from "./request-bytes.ts";
import type { RequestValues } from "./request-values.ts";
import { PRESENT, type Source } from "./source.ts";

export class Override {
  /** False: nobody is believed, so that nothing is asked. */
  readonly isOn: boolean;
  readonly #values: RequestValues;
  readonly #address: ClientAddress;
  readonly #source: Source;
  readonly #networks: NetworkSet;

  constructor(
    { header, networks }: OverrideSettings,
    { values, address }: { readonly values: RequestValues; readonly address: ClientAddress },
  ) {
    this.isOn = networks.length > 0;
    this.#values = values;
    this.#address = address;
    this.#source = values.sourceOf({ kind: "header", name: header });
    this.#networks = new NetworkSet(networks);
  }

  /** Whom a trusted client asks for; undefined for nobody, for another text, and for who is not believed. */
  asked(): "legacy" | "candidate" | undefined {
    if (!this.isOn || this.#values.read(this.#source) !== PRESENT) return undefined;
    const { bytes, start, end } = this.#source;
    const asked = isField(bytes, start, end, "candidate")
      ? "candidate"
      : isField(bytes, start, end, "legacy")
        ? "legacy"
        : undefined;
    if (asked === undefined) return undefined;
    const address = this.#address.read();
    return address !== undefined && this.#networks.has(address) ? asked : undefined;
  }
}
