package scenario

import "readback/internal/setting"

// Error is one thing that is wrong with a scenario. It prints as
//
//	ci.yaml:12: rules[2].status: "ESME_RTHROTLED": unknown status (hint: did you mean ESME_RTHROTTLED?)
type Error = setting.Error

// Errors holds everything that is wrong with a scenario, by line.
type Errors = setting.Errors
