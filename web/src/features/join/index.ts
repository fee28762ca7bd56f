export { ownInvitationsQuery } from "./api";
export { MyInvitations } from "./parts/MyInvitations";
