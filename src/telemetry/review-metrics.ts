// The metrics of what is reviewed: rules, endpoints and signatures, and how fast both services are.
import { RULE_FLAGS } from "../core/rule.ts";
import {
  type Definition,
  endpointExchangeValues,
  endpointLatencyValues,
  mirroredDurationValues,
} from "./metric-readings.ts";

export const REVIEW_METRICS: readonly Definition[] = [
  {
    name: "parallax_rules_flagged",
    type: "gauge",
    labels: ["flag"],
    help: "Rules that are worth a look: never-hit, too-broad, expired or failed",
    read: ({ source }) => {
      const { flagged } = source.rules();
      return RULE_FLAGS.map((flag) => ({ value: flagged[flag], labels: { flag } }));
    },
  },
  {
    name: "parallax_rule_hits_total",
    type: "counter",
    labels: ["rule"],
    help: "Places that a rule hid, over restarts; rules past the first hundred are *other*",
    read: ({ source }) => [...source.rules().hits].map(([rule, value]) => ({ value, labels: { rule } })),
  },
  {
    name: "parallax_mirrored_duration_seconds",
    type: "histogram",
    labels: ["route", "upstream"],
    help: "Latency of both services in mirrored exchanges; its sum is an estimate, at most 10 % too high",
    read: mirroredDurationValues,
  },
  {
    name: "parallax_endpoint_exchanges_total",
    type: "counter",
    labels: ["endpoint", "outcome"],
    help: "Exchanges known by endpoint, by outcome; endpoints past the first hundred are *other*",
    read: endpointExchangeValues,
  },
  {
    name: "parallax_endpoint_latency_seconds",
    type: "gauge",
    labels: ["endpoint", "upstream", "quantile"],
    help: "Latency of both services in mirrored exchanges of the last five to ten minutes",
    read: endpointLatencyValues,
  },
  {
    name: "parallax_signatures",
    type: "gauge",
    labels: ["route", "tier", "state"],
    help: "Signatures in the store, by what is known of them and what was decided",
    read: ({ source }) =>
      source.signatures().byRoute.map(({ signatures: value, ...labels }) => ({ value, labels })),
  },
  {
    name: "parallax_new_signatures_total",
    type: "counter",
    labels: ["route"],
    help: "Signatures that were met for the first time since the start",
    read: ({ source }) =>
      [...source.signatures().found].map(([route, value]) => ({ value, labels: { route } })),
  },
  {
    name: "parallax_endpoint_open_signatures",
    type: "gauge",
    labels: ["endpoint", "tier"],
    help: "Open signatures (new, reopened or bug); endpoints past the first hundred are *other*",
    read: ({ source }) =>
      source.signatures().openByEndpoint.map(({ signatures: value, ...labels }) => ({ value, labels })),
  },
];
