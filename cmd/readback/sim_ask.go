package main

import (
	"errors"

	"github.com/spf13/cobra"

	"readback/internal/simulator/command"
)

// defaultControl is where `sim smsc` has its control in the examples.
const defaultControl = "http://127.0.0.1:9091"

func simMO() *cobra.Command {
	var sim command.MO
	cmd := &cobra.Command{
		Use:   "mo",
		Short: "A message of a subscriber, from `sim smsc` to an ESME that is bound to it",
		Long: `Sends a deliver_sm by the control of a running sim smsc, prints what the ESME
answers, and fails if it refuses. A long text goes out in parts.`,
		Example: `  readback sim mo --from 447700900101 --to 10690001 --text STOP
  readback sim mo --account bank --from 447700900101 --to 10690001 --text 停 --coding ucs2
  readback sim mo --from 447700900101 --to 10690001 --udh 0581030011 --hex 01`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&sim.Control, "control", defaultControl, "address or URL of the control of sim smsc")
	f.StringVar(&sim.Account, "account", "", "system_id of the ESME; empty: any that is bound")
	f.StringVar(&sim.From, "from", "447700900101", "the subscriber")
	f.StringVar(&sim.To, "to", "10690001", "the ESME's number")
	f.StringVar(&sim.Text, "text", "", "the text")
	f.StringVar(&sim.Coding, "coding", "", "gsm7, ucs2, ascii or latin1; empty: gsm7 if it has all characters, else ucs2")
	f.StringVar(&sim.Hex, "hex", "", "octets in place of the text, for a binary message")
	f.StringVar(&sim.UDH, "udh", "", "user data header in hex, its length octet included")
	f.BoolVar(&sim.JSON, "json", false, "print the answer as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		sim.Out = harmless{cmd.OutOrStdout()}
		return command.RunMO(cmd.Context(), sim)
	}
	return cmd
}

func simStatus() *cobra.Command {
	var sim command.Status
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "The sessions of a running `sim smsc`, and what its scenario did",
		Long:    `Asks the control of a running sim smsc. Fails if nothing answers: a health check for containers.`,
		Example: `  readback sim status --control http://127.0.0.1:9091`,
		Args:    cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&sim.Control, "control", defaultControl, "address or URL of the control of sim smsc")
	f.BoolVar(&sim.JSON, "json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		sim.Out = harmless{cmd.OutOrStdout()}
		return command.RunStatus(cmd.Context(), sim)
	}
	return cmd
}

// resetSMSC does what sim smsc does with --reset.
func resetSMSC(cmd *cobra.Command, control string) error {
	if control == "" {
		return errors.New("--reset needs --control, the address of the control of the running sim smsc")
	}
	return command.RunReset(cmd.Context(), control, harmless{cmd.OutOrStdout()})
}
