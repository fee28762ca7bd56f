export { useLogOut } from "./api";
export { SessionEnd } from "./SessionEnd";
