package scenario

import (
	"slices"
	"sync/atomic"

	"readback/internal/simulator"
	"readback/smpp"
)

// Stage has the scenario that an SMSC plays. It may be replaced while the SMSC serves.
type Stage struct {
	// Static once there is an SMSC.
	base   Limits // that hold where the scenario sets none
	seed   uint64 // of scenarios that have none
	behind []Rule // of the SMSC itself, behind those of any scenario
	smsc   *simulator.SMSC

	scenario atomic.Pointer[Scenario]
	play     atomic.Pointer[Play]
}

// NewSMSC returns an SMSC that plays a scenario, which may be nil, and the stage to replace it. The seed counts for
// each scenario that has none itself, the rules behind those of each scenario.
func NewSMSC(opt simulator.Options, s *Scenario, seed uint64, behind ...Rule) (*simulator.SMSC, *Stage) {
	stage := &Stage{base: Limits{Window: opt.Window, Sessions: opt.Sessions}, seed: seed, behind: behind}
	opt.React = stage.react
	stage.smsc = simulator.NewSMSC(opt)
	if s == nil {
		s = &Scenario{}
	}
	stage.Set(s)
	return stage.smsc, stage
}

func (s *Stage) react(account string, f smpp.Frame) (simulator.Reaction, bool) {
	return s.play.Load().React(account, f)
}

// Set begins another scenario. Its window and its sessions count where it sets them.
func (s *Stage) Set(scenario *Scenario) {
	whole := *scenario
	whole.Rules = slices.Concat(scenario.Rules, s.behind)
	play := whole.Start(s.seed)
	l := play.Limits()
	if l.Window == 0 {
		l.Window = s.base.Window
	}
	if l.Sessions == 0 {
		l.Sessions = s.base.Sessions
	}
	s.scenario.Store(scenario)
	s.play.Store(play)
	s.smsc.SetLimits(l.Window, l.Sessions)
}

// Restart begins the scenario again, with the same seed.
func (s *Stage) Restart() { s.Set(s.scenario.Load()) }

// Play returns the scenario that runs.
func (s *Stage) Play() *Play { return s.play.Load() }
