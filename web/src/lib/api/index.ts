export { api, data, type Schemas, send } from "./client";
export { ApiError, OfflineError, type Problem } from "./errors";
export { newKey, useIdempotencyKey, withKey } from "./idempotency";
