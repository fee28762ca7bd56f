export { leave, useFreshSession, useLogOut } from "./api";
export { SessionEnd } from "./SessionEnd";
export { StepUp } from "./StepUp";
