// What every request to the admin listener passes, in this order: who asks, from which site, with how large a body.
import type { HttpBindings } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, MiddlewareHandler } from "hono";
import { mayActAs, type Role } from "../core/role.ts";
import type { Actor } from "../store/review-store.ts";
import type { Refusal } from "../telemetry/refusals.ts";
import { isCrossSite, isEmbedded, isHostAllowed } from "./access.ts";
import type { AdminDependencies } from "./dependencies.ts";
import { FailedAttempts } from "./failed-attempts.ts";
import { type AccessSettings, type HeaderLines, isOpen, LOCAL, ProxyBook, TokenBook } from "./identity.ts";

export type AdminEnv = { Variables: { actor: Actor }; Bindings: HttpBindings };
export type AdminContext = Context<AdminEnv>;
type Guard = MiddlewareHandler<AdminEnv>;

/** A list of rules; larger ones are generated files, and are tried with `parallax diff`. */
const BODY_BYTES_MAX = 1024 * 1024;
/** Where no body is taken: room for a client that sends `{}`. */
const UNREAD_BYTES_MAX = 16 * 1024;

export function refuse(
  context: AdminContext,
  status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 500 | 503,
  error: string,
  message: string,
) {
  return context.json({ error, message }, status);
}

type GuardDependencies = Pick<AdminDependencies, "clock" | "refusals" | "log">;

/** Without a token or a proxy: whoever is on this machine, and no page of another site. */
function guardHost(boundHost: string, { refusals }: GuardDependencies): Guard {
  return async (context, next) => {
    if (isHostAllowed(context.req.header("host"), boundHost)) {
      context.set("actor", LOCAL);
      return next();
    }
    refusals.add("host");
    return refuse(
      context,
      403,
      "host-refused",
      "without a token only loopback names are answered; set an admin token",
    );
  };
}

/** Node joins lines of one name; the lines themselves are here. */
function headerLines(context: AdminContext): HeaderLines {
  const { headersDistinct } = context.env.incoming;
  return (name) => headersDistinct[name] ?? [];
}

function peerOf(context: AdminContext): string {
  return getConnInfo(context).remote.address ?? "unknown";
}

function guardIdentity(access: AccessSettings, { clock, refusals, log }: GuardDependencies): Guard {
  const tokens = new TokenBook(access);
  const proxy = access.trustedProxy === undefined ? undefined : new ProxyBook(access.trustedProxy);
  const attempts = new FailedAttempts(clock);
  const unauthorized = (context: AdminContext, reason: Refusal) => {
    refusals.add(reason);
    context.header("www-authenticate", 'Basic realm="parallax", charset="UTF-8"');
    return refuse(context, 401, "unauthorized", "send the admin token: Authorization: Bearer …");
  };
  return async (context, next) => {
    const peer = peerOf(context);
    const proxied = proxy?.actorOf(peer, headerLines(context));
    if (proxied !== undefined) {
      context.set("actor", proxied);
      return next();
    }
    const checked = tokens.check(context.req.header("authorization"));
    // A browser asks once without: nothing was guessed.
    if (checked.kind === "absent") return unauthorized(context, "no-token");
    const waitMs = attempts.waitMs(peer);
    if (waitMs > 0 && !(checked.kind === "right" && attempts.isKnown(peer, checked.name))) {
      refusals.add("rate-limited");
      context.header("retry-after", String(Math.ceil(waitMs / 1000)));
      return refuse(context, 429, "too-many-attempts", "too many wrong tokens from this address; wait");
    }
    if (checked.kind === "wrong") {
      const step = attempts.add(peer);
      if (step === "first") log.warn({ address: peer }, "a wrong admin token");
      if (step === "limited") log.warn({ address: peer }, "many wrong admin tokens: the address has to wait");
      return unauthorized(context, "wrong-token");
    }
    attempts.know(peer, checked.name);
    context.set("actor", checked.actor);
    return next();
  };
}

export function guardAccess(
  { host, access }: { readonly host: string; readonly access: AccessSettings },
  dependencies: GuardDependencies,
): Guard {
  return isOpen(access) ? guardHost(host, dependencies) : guardIdentity(access, dependencies);
}

/** A link may be followed from anywhere; all else that another site causes is refused, answers to reads as well. */
export function guardOrigin({ refusals }: GuardDependencies): Guard {
  return async (context, next) => {
    const secFetchSite = context.req.header("sec-fetch-site");
    const isRead = context.req.method === "GET" || context.req.method === "HEAD";
    const isRefused = isRead
      ? isEmbedded(secFetchSite, context.req.header("sec-fetch-mode"))
      : isCrossSite({
          host: context.req.header("host"),
          origin: context.req.header("origin"),
          secFetchSite,
        });
    if (!isRefused) return next();
    refusals.add("cross-site");
    return refuse(context, 403, "cross-site", "another site caused this request");
  };
}

/** A length that is not told beforehand is refused, so none has to be counted. */
export function guardBody(bodyPaths: ReadonlySet<string>): Guard {
  return async (context, next) => {
    const bytesMax = bodyPaths.has(context.req.path) ? BODY_BYTES_MAX : UNREAD_BYTES_MAX;
    const isChunked = context.req.header("transfer-encoding") !== undefined;
    if (!isChunked && Number(context.req.header("content-length") ?? 0) <= bytesMax) return next();
    return refuse(context, 413, "body-too-large", `a body of at most ${bytesMax} bytes, with Content-Length`);
  };
}

export function guardRole(needed: Role, { refusals }: Pick<GuardDependencies, "refusals">): Guard {
  return async (context, next) => {
    const { role } = context.get("actor");
    if (mayActAs(role, needed)) return next();
    refusals.add("role");
    return refuse(context, 403, "role-needed", `this needs the role ${needed}; yours is ${role}`);
  };
}
