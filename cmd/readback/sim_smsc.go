package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"readback/internal/setting"
	"readback/internal/simulator/command"
)

// simEnv begins the names of variables that stand for flags of sim smsc.
const simEnv = "READBACK_SIM_"

// simServiceLink matches what Kubernetes sets in every container for a service called readback-sim.
var simServiceLink = regexp.MustCompile(`^(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP)(_.*)?)?)$`)

// fromEnvironment sets the flags that are not given from variables whose names begin with prefix. Further
// variables of that kind are an error: they would be slips.
func fromEnvironment(f *pflag.FlagSet, prefix string, environment []string) error {
	var names []string
	f.VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
	for _, one := range environment {
		variable, value, _ := strings.Cut(one, "=")
		name, ok := strings.CutPrefix(variable, prefix)
		if !ok || simServiceLink.MatchString(name) {
			continue
		}
		name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
		if !slices.Contains(names, name) {
			hint := "the names of the flags, in capitals, as in READBACK_SIM_SCENARIO"
			if near := setting.Nearest(name, names, 3); near != "" {
				hint = "did you mean " + prefix + strings.ToUpper(strings.ReplaceAll(near, "-", "_")) + "?"
			}
			return fmt.Errorf("%s: no such variable (hint: %s)", variable, hint)
		}
		if f.Changed(name) {
			continue
		}
		if err := f.Set(name, value); err != nil {
			return fmt.Errorf("%s: %w", variable, err)
		}
	}
	return nil
}

func simSMSC() *cobra.Command {
	var sim command.SMSC
	var iei uint8
	var reset bool
	cmd := &cobra.Command{
		Use:   "smsc",
		Short: "An SMSC with handsets",
		Long: `An SMSC for tests, with handsets behind it. It keeps everything in memory. A
scenario says what becomes of which request; --control serves an HTTP interface
that is described at its /openapi.yaml.

In a container each flag can also be a variable: READBACK_SIM_SCENARIO stands for
--scenario, READBACK_SIM_TLS_CERT for --tls-cert. A flag counts before it.`,
		Example: `  readback sim smsc --addr 127.0.0.1:2776 --control 127.0.0.1:9091 \
    --reads http://127.0.0.1:8080/v1/reads --verbose
  readback sim smsc --scenario docs/simulator-scenario.yaml`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	smscFlags(f, &sim)
	scenarioFlags(f, &sim)
	f.BoolVar(&reset, "reset", false, "make the SMSC that runs at --control forget what it has stored, and exit")
	f.Uint8Var(&iei, "iei", 0x80, "identifier of the element")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := fromEnvironment(f, simEnv, os.Environ()); err != nil {
			return err
		}
		if reset {
			return resetSMSC(cmd, sim.Control)
		}
		sim.Handset.IEI, sim.Out = iei, harmless{cmd.OutOrStdout()}
		if len(sim.SMSC.Accounts) == 0 {
			sim.SMSC.Accounts = nil
		}
		return command.RunSMSC(cmd.Context(), sim)
	}
	return cmd
}

// smscFlags are those of the SMSC's own behaviour.
func smscFlags(f *pflag.FlagSet, sim *command.SMSC) {
	f.StringVar(&sim.Addr, "addr", "127.0.0.1:2776", "address to listen on")
	f.StringVar(&sim.Control, "control", "", "address to serve the HTTP interface for tests on; empty: none")
	f.StringVar(&sim.Reads, "reads", "", "URL that handsets send read responses to")
	f.StringVar(&sim.APIKey, "api-key", "", "key for --reads")
	f.BoolVar(&sim.Sink, "sink", false, "no handsets: answer and forget, for load")
	f.BoolVar(&sim.Verbose, "verbose", false, "print each message that reaches a handset")
	f.StringToStringVar(&sim.SMSC.Accounts, "account", nil, "system_id=password that may bind (repeatable); default: everybody")
	f.BoolVar(&sim.SMSC.DecimalIDs, "decimal-ids", false, "message_ids in decimal")
	f.BoolVar(&sim.SMSC.NoReceipts, "no-receipts", false, "send no delivery receipts")
	f.BoolVar(&sim.SMSC.OmitVersion, "omit-version", false, "bind_resp without sc_interface_version")
	f.DurationVar(&sim.SMSC.ResponseDelay, "response-delay", 0, "time before each answer")
	f.IntVar(&sim.SMSC.Sessions, "sessions", 0, "bound sessions of an account before ESME_RBINDFAIL; 0: no limit")
	f.IntVar(&sim.SMSC.Window, "window", 0, "unanswered messages of a session before ESME_RTHROTTLED; 0: no limit")
	f.BoolVar(&sim.SMSC.PlainReceivers, "plain-receivers", false, "treat receivers that end in 0008, 0058, 9000 or 9001 like others")
	f.IntVar(&sim.SMSC.Keep, "keep", 1000, "received PDUs that --control shows")
}

// scenarioFlags are those of what it refuses and delays, and of TLS.
func scenarioFlags(f *pflag.FlagSet, sim *command.SMSC) {
	f.StringVar(&sim.Files.Scenario, "scenario", "", "file of rules: what becomes of which request (docs/simulator.md)")
	f.Uint64Var(&sim.Seed, "seed", 0, "seed of the probabilities, to draw the same again; 0: any, and it is printed")
	f.Float64Var(&sim.Failure.Rate, "failure-rate", 0, "share of the messages to refuse, such as 0.1")
	f.StringVar(&sim.Failure.Status, "failure-status", "", "status of --failure-rate, by name or number; empty: ESME_RSYSERR")
	f.StringVar(&sim.Files.Cert, "tls-cert", "", "certificate to serve TLS with; PEM file")
	f.StringVar(&sim.Files.Key, "tls-key", "", "key of --tls-cert; PEM file")
	f.StringVar(&sim.Files.ClientCA, "client-ca", "", "authority whose certificates ESMEs must have; PEM file")
}
