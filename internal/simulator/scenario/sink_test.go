package scenario

import (
	"testing"

	"readback/internal/simulator"
)

// An SMSC without a scenario is what the gateway's speed is measured with.
func TestEmptyScenarioTakesNoMemory(t *testing.T) {
	_, stage := NewSMSC(simulator.Options{}, nil, 1)
	f := text("0101", "Hi")
	if got := testing.AllocsPerRun(100, func() { stage.react("bank", f) }); got != 0 {
		t.Errorf("%v allocations for a request", got)
	}
}
