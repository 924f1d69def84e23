package scenario

import (
	"testing"

	"readback/internal/simulator"
)

// Another scenario has the rules of the SMSC itself behind its own, and the seed of the one before does not count.
func TestStageSet(t *testing.T) {
	failure, err := FailureRule(1, "0x45")
	if err != nil {
		t.Fatal(err)
	}
	first, err := Parse("first.yaml", []byte("seed: 17\nrules: [{status: 1}]"))
	if err != nil {
		t.Fatal(err)
	}
	_, stage := NewSMSC(simulator.Options{}, first, 3, failure)
	for _, step := range []struct {
		name  string
		do    func()
		seed  uint64
		rules int
	}{
		{"the first scenario", func() {}, 17, 2},
		{"again", stage.Restart, 17, 2},
		{"one without a seed and rules", func() { stage.Set(&Scenario{}) }, 3, 1},
		{"again", stage.Restart, 3, 1},
	} {
		step.do()
		all := stage.Play().Counts()
		if stage.Play().Seed() != step.seed || len(all) != step.rules || all[len(all)-1].Name != "failure rate" {
			t.Errorf("%s: seed %d, rules %v, want seed %d and %d rules", step.name, stage.Play().Seed(), all, step.seed, step.rules)
		}
	}
	if r, ok := stage.react("bank", text("0101", "Hi")); !ok || r.Status != 0x45 {
		t.Errorf("the reaction is %+v, %v, want status 0x45", r, ok)
	}
}
