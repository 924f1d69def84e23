package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"readback/internal/simulator/command"
	"readback/internal/simulator/load"
)

func simCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run one of the simulators alone: smsc, mo, status, esme, handset, relay, reads, idle",
		Long: `The simulators are what the demo and the tests use. Receivers whose number ends in
0008 (system error), 0058 (throttled), 9000 (never answered) or 9001 (connection
closed) provoke each fault.`,
	}
	cmd.AddCommand(simSMSC(), simMO(), simStatus(), simESME(), simHandset(), simRelay(), simReads(), simIdle())
	return cmd
}

func simESME() *cobra.Command {
	var sim command.ESME
	var options load.Options
	var registered uint8
	var heavy, asJSON bool
	cmd := &cobra.Command{
		Use:   "esme",
		Short: "An ESME: send messages, print what comes, or make load",
		Example: `  readback sim esme --addr 127.0.0.1:2775 --to 447700900101 --text Hello --stay
  readback sim esme --addr 127.0.0.1:2775 --load --binds 4 --window 16 --messages 200000 --conversations 100000`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&sim.Addr, "addr", "127.0.0.1:2775", "address to bind to")
	f.StringVar(&sim.SystemID, "system-id", "esme", "system_id of the bind")
	f.StringVar(&sim.Password, "password", "", "password of the bind")
	f.StringVar(&sim.From, "from", "10690001", "source_addr; with --load the first short code of several")
	f.StringVar(&sim.To, "to", "447700900101", "destination_addr")
	f.StringVar(&sim.Text, "text", "", "text, ASCII; nothing is sent without (but with --load)")
	f.Uint8Var(&registered, "registered-delivery", 0x04, "registered_delivery; 4 asks for read receipts")
	f.IntVar(&sim.Messages, "messages", 1, "how many messages")
	f.BoolVar(&sim.Stay, "stay", false, "stay bound and print what comes")
	f.BoolVar(&heavy, "load", false, "send as fast as the windows allow, and print rate and latencies")
	f.BoolVar(&asJSON, "json", false, "with --load: print the result as JSON, after a line when all is answered")
	loadFlags(f, &options)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := checkLoadFlags(f, heavy); err != nil {
			return err
		}
		sim.RegisteredDelivery, sim.Out = registered, harmless{cmd.OutOrStdout()}
		if !heavy {
			return command.RunESME(cmd.Context(), sim)
		}
		return runLoad(cmd, sim, options, asJSON)
	}
	return cmd
}

// runLoad does what sim esme does with --load.
func runLoad(cmd *cobra.Command, sim command.ESME, options load.Options, asJSON bool) (err error) {
	options.Bind, options.Addr, options.Messages, options.Text = sim.Bind, sim.Addr, sim.Messages, sim.Text
	options.RegisteredDelivery = sim.RegisteredDelivery
	if options.Sender, err = load.ParseSender(sim.From); err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	if asJSON {
		return command.RunLoadJSON(cmd.Context(), options, cmd.OutOrStdout())
	}
	return command.RunLoad(cmd.Context(), options, cmd.OutOrStdout())
}

// checkLoadFlags refuses flags that have no effect with --load, or without.
func checkLoadFlags(f *pflag.FlagSet, heavy bool) error {
	if heavy {
		switch {
		case f.Changed("to"):
			return errors.New("--to does not go with --load, whose receivers are 447700900000 and up (hint: --first and --conversations choose them)")
		case f.Changed("stay"):
			return errors.New("--stay does not go with --load (hint: --linger 60s)")
		}
		return nil
	}
	only := pflag.NewFlagSet("", pflag.ContinueOnError)
	loadFlags(only, new(load.Options))
	var err error
	f.Visit(func(flag *pflag.Flag) {
		if flag.Name == "json" || only.Lookup(flag.Name) != nil {
			err = fmt.Errorf("--%s needs --load", flag.Name)
		}
	})
	return err
}

// loadFlags are those of a load.
func loadFlags(f *pflag.FlagSet, opt *load.Options) {
	f.IntVar(&opt.Binds, "binds", 4, "with --load: sessions")
	f.IntVar(&opt.Window, "window", 16, "with --load: unanswered messages of a session")
	f.IntVar(&opt.Conversations, "conversations", 1000, "with --load: conversations")
	f.Float64Var(&opt.Rate, "rate", 0, "with --load: messages a second; 0: as fast as it goes")
	f.DurationVar(&opt.Linger, "linger", 0, "with --load: stay that long for feedback")
	f.DurationVar(&opt.Time, "time", 0, "with --load and --messages 0: how long to send")
	f.IntVar(&opt.First, "first", 0, "with --load: the first conversation")
	f.IntVar(&opt.Await, "await", 0, "with --linger: leave when so many deliver_sm came; -1: one for each message")
	f.BoolVar(&opt.Serial, "serial", false, "with --load: end each text with its own eight digits")
}

func simHandset() *cobra.Command {
	var sim command.Handset
	cmd := &cobra.Command{
		Use:   "handset",
		Short: "A handset of `sim smsc`: list the inbox, open a message; or send a read response",
		Example: `  readback sim handset --control http://127.0.0.1:9091 --receiver 447700900101
  readback sim handset --control http://127.0.0.1:9091 --receiver 447700900101 --open 1
  readback sim handset --reads http://127.0.0.1:8080/v1/reads --receiver 447700900101 --sender 10690001 --number 1`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&sim.Control, "control", "", "address or URL of the control of sim smsc")
	f.StringVar(&sim.Reads, "reads", "", "URL for read responses of one's own making")
	f.StringVar(&sim.APIKey, "api-key", "", "key for --reads")
	f.StringVar(&sim.Receiver, "receiver", "", "the handset's number")
	f.StringVar(&sim.Sender, "sender", "", "with --reads: who sent the message")
	f.Uint16Var(&sim.Number, "number", 1, "with --reads: the message's number")
	f.IntVar(&sim.Index, "open", 0, "with --control: which message to open; 0 lists them")
	f.BoolVar(&sim.Deleted, "deleted", false, "it was deleted unread")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		sim.Out = harmless{cmd.OutOrStdout()}
		return command.RunHandset(cmd.Context(), sim)
	}
	return cmd
}
