package main

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"readback/internal/simulator/command"
)

func TestSimFromEnvironment(t *testing.T) {
	for _, tt := range []struct {
		environment string
		want        string // error; empty: none
	}{
		{"", ""},
		{"READBACK_SIM_SCENARIO=ci.yaml READBACK_SIM_TLS_CERT=c.pem READBACK_SIM_ACCOUNT=bank=secret READBACK_SIM_ADDR=0.0.0.0:1 READBACK_SIM_PORT_2776_TCP_ADDR=x PATH=/bin", ""},
		{"READBACK_SIM_SCENARO=x", "READBACK_SIM_SCENARO: no such variable (hint: did you mean READBACK_SIM_SCENARIO?)"},
		{"READBACK_SIM_NOTHING_LIKE_IT=x", "in capitals"},
		{"READBACK_SIM_WINDOW=many", "READBACK_SIM_WINDOW: "},
	} {
		var sim command.SMSC
		f := pflag.NewFlagSet("smsc", pflag.ContinueOnError)
		smscFlags(f, &sim)
		scenarioFlags(f, &sim)
		if err := f.Parse([]string{"--addr", "127.0.0.1:0"}); err != nil {
			t.Fatal(err)
		}
		err := fromEnvironment(f, simEnv, strings.Fields(tt.environment))
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %s", tt.environment, err, tt.want)
			}
			continue
		}
		if err != nil || sim.Addr != "127.0.0.1:0" || tt.environment != "" && (sim.Files.Scenario != "ci.yaml" || sim.Files.Cert != "c.pem" || sim.SMSC.Accounts["bank"] != "secret") {
			t.Errorf("%s: %+v, %v", tt.environment, sim, err)
		}
	}
}
