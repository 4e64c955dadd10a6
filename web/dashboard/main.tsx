import { openPage } from "../shared/open-page.tsx";
import { Dashboard } from "./dashboard.tsx";
import "./dashboard.css";

openPage(<Dashboard />);
