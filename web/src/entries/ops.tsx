import { opsRoutes } from "@/app/routes.ops";
import { start } from "@/app/start";

void start(opsRoutes());
