package main

import (
	"github.com/spf13/cobra"

	"readback/internal/simulator/command"
	"readback/internal/simulator/load"
)

// simRelay, simReads and simIdle are the parts of `readback bench` that run as processes of their own,
// beside sim smsc and sim esme.

func simRelay() *cobra.Command {
	var sim command.Relay
	cmd := &cobra.Command{
		Use:     "relay",
		Short:   "A TCP relay that looks at nothing: the least that a gateway can cost",
		Example: `  readback sim relay --addr 127.0.0.1:2775 --to 127.0.0.1:2776`,
		Args:    cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&sim.Addr, "addr", "127.0.0.1:2775", "address to listen on")
	f.StringVar(&sim.To, "to", "127.0.0.1:2776", "address of the server")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		sim.Out = harmless{cmd.OutOrStdout()}
		return command.RunRelay(cmd.Context(), sim)
	}
	return cmd
}

func simReads() *cobra.Command {
	var options load.ReadsOptions
	cmd := &cobra.Command{
		Use:   "reads",
		Short: "Read responses for what `sim esme --load` has sent, as load",
		Example: `  readback sim esme --addr 127.0.0.1:2775 --load --messages 10000 --conversations 10000 --linger 60s --await 10000
  readback sim reads --url http://127.0.0.1:8080/v1/reads --conversations 10000 --array 100`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&options.URL, "url", "http://127.0.0.1:8080/v1/reads", "where they go; nats://… and mqtt://… are servers of NATS and MQTT")
	f.StringVar(&options.APIKey, "api-key", "", "key for --url")
	f.IntVar(&options.Conversations, "conversations", 1000, "conversations, as of the load")
	f.IntVar(&options.First, "first", 0, "the first conversation")
	f.IntVar(&options.Reads, "reads", 0, "how many; 0: one for each conversation")
	f.IntVar(&options.Number, "number", 1, "number of the first message that is read")
	f.IntVar(&options.Array, "array", 1, "read responses in a request (MQTT: 1)")
	f.IntVar(&options.Connections, "connections", 4, "requests at once, each on its own kept connection")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return command.RunReads(cmd.Context(), options, cmd.OutOrStdout())
	}
	return cmd
}

func simIdle() *cobra.Command {
	var sim command.Idle
	cmd := &cobra.Command{
		Use:   "idle",
		Short: "ESMEs that bind and send nothing",
		Args:  cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&sim.Addr, "addr", "127.0.0.1:2775", "address to bind to")
	f.StringVar(&sim.SystemID, "system-id", "esme", "system_id of the binds")
	f.StringVar(&sim.Password, "password", "", "password of the binds")
	f.IntVar(&sim.Sessions, "sessions", 100, "how many")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		sim.Out = harmless{cmd.OutOrStdout()}
		return command.RunIdle(cmd.Context(), sim)
	}
	return cmd
}
