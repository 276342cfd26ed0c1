// Which route takes a request that is described in words, not received: of explain and of replays. Not of clients.
import { Buffer } from "node:buffer";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";
import { RequestHead } from "../wire/request-head.ts";
import { RouteTable } from "./route-table.ts";

export interface DescribedHead {
  readonly method?: string | undefined;
  /** Path and query. */
  readonly target?: string | undefined;
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
}

export class DescribedRoutes {
  readonly #byName: ReadonlyMap<string, RouteSettings>;
  readonly #table: RouteTable;
  readonly #head: RequestHead;

  constructor({ routes, limits }: Pick<Snapshot, "routes" | "limits">) {
    const other = routes.at(-1) as RouteSettings;
    this.#byName = new Map(routes.map((route) => [route.name, route]));
    this.#table = new RouteTable(routes.slice(0, -1), other);
    this.#head = new RequestHead(limits);
  }

  named(name: string): RouteSettings | undefined {
    return this.#byName.get(name);
  }

  matching({ method = "GET", target = "/", headers = [] }: DescribedHead): RouteSettings {
    const host = headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? "described.invalid";
    const head = Buffer.from(`${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n\r\n`, "latin1");
    this.#head.parse(head, 0, head.length);
    return this.#table.match(this.#head);
  }
}
