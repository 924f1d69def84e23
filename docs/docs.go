// Package docs holds the pages of this directory that programs serve.
package docs

import _ "embed"

// SimulatorAPI is the OpenAPI description of the control of the simulated SMSC.
//
//go:embed openapi-simulator.yaml
var SimulatorAPI []byte

// OperatorAPI is the OpenAPI description of the operator's API.
//
//go:embed openapi.yaml
var OperatorAPI []byte

// ReceiversAPI is the OpenAPI description of the receivers' API.
//
//go:embed openapi-reads.yaml
var ReceiversAPI []byte
