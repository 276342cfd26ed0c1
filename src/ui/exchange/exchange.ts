// One stored exchange as the API answers it, and its parts by name.
import type { z } from "zod";
import type { exchangeSchema } from "../../admin/schemas.ts";

export type Exchange = z.infer<typeof exchangeSchema>;
export type ExchangeDifference = Exchange["differences"][number];
export type ExchangeAnswer = Exchange["legacy"];
export type ExchangeMessage = Omit<ExchangeAnswer, "status" | "latencyMs">;
export type HiddenByRule = NonNullable<Exchange["hidden"]>[number];
