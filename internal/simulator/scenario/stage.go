package scenario

import (
	"sync/atomic"

	"readback/internal/simulator"
	"readback/smpp"
)

// Stage has the scenario that an SMSC plays. It may be replaced while the SMSC serves.
type Stage struct {
	base Limits // that hold where the scenario sets none; static, as smsc once there is one
	smsc *simulator.SMSC

	scenario atomic.Pointer[Scenario]
	play     atomic.Pointer[Play]
}

// NewSMSC returns an SMSC that plays a scenario, which may be nil, and the stage to replace it. The seed
// counts unless the scenario has one.
func NewSMSC(opt simulator.Options, s *Scenario, seed uint64) (*simulator.SMSC, *Stage) {
	stage := &Stage{base: Limits{Window: opt.Window, Sessions: opt.Sessions}}
	opt.React = stage.react
	stage.smsc = simulator.NewSMSC(opt)
	if s == nil {
		s = &Scenario{}
	}
	stage.Set(s, seed)
	return stage.smsc, stage
}

func (s *Stage) react(account string, f smpp.Frame) (simulator.Reaction, bool) {
	return s.play.Load().React(account, f)
}

// Set begins another scenario. Its window and its sessions count where it sets them.
func (s *Stage) Set(scenario *Scenario, seed uint64) {
	play := scenario.Start(seed)
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
func (s *Stage) Restart() { s.Set(s.scenario.Load(), s.Play().Seed()) }

// Play returns the scenario that runs.
func (s *Stage) Play() *Play { return s.play.Load() }
