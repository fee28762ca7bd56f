import living from "../../../../examples/rooms/room_a_living.jpg";
import bedroom from "../../../../examples/rooms/room_b_bedroom.jpg";
import loft from "../../../../examples/rooms/room_c_loft.jpg";

export { bedroom, living, loft };
