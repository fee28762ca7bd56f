export { leave, useFreshSession, useLogOut } from "./api";
export { ShowFactor } from "./parts/ShowFactor";
export { SessionEnd } from "./SessionEnd";
export { ShowPasskey } from "./ShowPasskey";
export { StepUp } from "./StepUp";
