import { openPage } from "../shared/open-page.tsx";
import { ConsolePage } from "./console-page.tsx";
import "./console.css";

openPage(<ConsolePage />);
