export { type Member, type Role, rolesQuery, useEveryMember } from "./api";
export { RolePicker } from "./parts/RolePicker";
export { Seats, useSeats } from "./parts/Seats";
export { TeamPlace } from "./parts/TeamPlace";
export { givable } from "./rules";
export { useRoleName } from "./words";
