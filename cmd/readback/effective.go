package main

import (
	"readback/config"
	"readback/internal/operator"
)

// settings lists the settings in force. Those that cannot change while the gateway runs are as they were when it
// began, whatever the file says now.
func (s *service) settings() []operator.Setting {
	now := s.current()
	return effective(s.cfg, now)
}

// current returns the configuration that was read last.
func (s *service) current() config.Config {
	if c := s.reloaded.Load(); c != nil {
		return *c
	}
	return s.cfg
}

// effective lists the settings of a gateway that began with one configuration and has read another since.
func effective(start, now config.Config) []operator.Setting {
	changes, origins := make(map[string]config.Change), make(map[string]config.Source)
	for _, c := range config.Changes(start, now) {
		changes[c.Key] = c
	}
	for _, v := range start.Values() {
		origins[v.Key] = v.Source
	}
	var all []operator.Setting
	for _, v := range now.Values() {
		one := operator.Setting{Key: v.Key, Value: v.Text, Source: sourceJSON(v.Source), Live: v.Live}
		c, differs := changes[v.Key]
		delete(changes, v.Key)
		switch {
		case differs && v.Live:
			one.AtStart = &c.From
		case differs:
			one.Value, one.Source, one.Pending = c.From, sourceJSON(origins[v.Key]), &c.To
		}
		all = append(all, one)
	}
	for _, c := range config.Changes(start, now) { // what accounts had for themselves
		if _, gone := changes[c.Key]; gone {
			all = append(all, operator.Setting{Key: c.Key, Value: c.To, Source: sourceJSON(c.Source), Live: c.Live, AtStart: &c.From})
		}
	}
	return all
}

func sourceJSON(s config.Source) operator.Source {
	return operator.Source{Kind: s.Kind, Name: s.Name, Line: s.Line}
}
