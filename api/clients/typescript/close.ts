// A partner's whole obligation in two calls, over types that were generated from the contract: it reads what happened, accepts the
// attempt that was sent last, and reports the outcome. It compiles only while the contract is what a client needs.
import type { components, operations } from "./generated/contract.js";

declare const process: { env: Record<string, string | undefined>; exitCode: number };

type Schemas = components["schemas"];

// Body is what an operation takes, and Answer what it gives when it succeeds.
type Body<O extends keyof operations> = operations[O] extends { requestBody?: { content: { "application/json": infer B } } } ? B : never;
type Answer<O extends keyof operations> = operations[O] extends { responses: { 200: { content: { "application/json": infer A } } } } ? A : never;
type Headers<O extends keyof operations> = operations[O] extends { parameters: { header: infer H extends Record<string, string> } } ? H : Record<string, string>;

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

const api = setting("TAHWEEL_API");
const token = setting("TAHWEEL_TOKEN");
const day = setting("TAHWEEL_DAY");

async function call<O extends keyof operations>(method: string, path: string, headers: Headers<O>, body?: Body<O>): Promise<Answer<O>> {
  const request: RequestInit = { method, headers: { Authorization: `Bearer ${token}`, ...headers } };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { ...request.headers, "Content-Type": "application/json" };
  }
  const response = await fetch(api + path, request);
  if (!response.ok) {
    const problem = (await response.json()) as Schemas["Problem"];
    throw new Error(`${method} ${path}: ${problem.status} ${problem.code}`);
  }
  return (await response.json()) as Answer<O>;
}

async function close(): Promise<Schemas["Attempt"]> {
  const feed = await call<"list-events">("GET", "/v1/events?limit=500", {});
  const sent = feed.items.findLast((event) => event.type === "org.tahweel.attempt.sent");
  if (sent?.data.attempt_id === undefined) throw new Error("nothing was sent");
  const path = `/v1/attempts/${sent.data.attempt_id}`;
  const accepted = await call<"accept-attempt">("POST", `${path}/accept`, {
    "Idempotency-Key": `accept-${sent.id}`,
    "If-Match": `"${sent.data.version}"`,
  });
  return call<"complete-attempt">(
    "POST",
    `${path}/complete`,
    { "Idempotency-Key": `complete-${sent.id}`, "If-Match": `"${accepted.version}"` },
    { outcome: "service_provided_full", need_met: "yes", service_date: day },
  );
}

try {
  const done = await close();
  console.log(`${done.id} ${done.status}`);
} catch (reason) {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
}
