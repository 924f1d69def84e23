// Package docs holds the pages of this directory that programs serve.
package docs

import _ "embed"

// SimulatorAPI is the OpenAPI description of the control of the simulated SMSC.
//
//go:embed openapi-simulator.yaml
var SimulatorAPI []byte
