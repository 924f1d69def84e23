package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"readback/internal/bench"
)

func benchCommand() *cobra.Command {
	var opt bench.Options
	var ways []string
	var jsonFile string
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: messages a second, latencies, processor time, memory",
		Long: `Sends messages through a direct connection, a plain TCP relay, HAProxy (if it is
installed) and the gateway, each as a process of its own on this machine, and prints
a table of what each costs. All of them use the loopback and a temporary directory.
docs/performance.md explains the columns.`,
		Example: `  readback bench
  readback bench --against ./readback-before --rounds 3 --window 16 --ways haproxy,tracked
  readback bench --all --json bench.json`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.BoolVar(&opt.All, "all", false, "everything")
	f.StringVar(&opt.Against, "against", "", "program of another release, measured in turn")
	f.StringSliceVar(&ways, "ways", nil, fmt.Sprintf("only these of %q", bench.Ways()))
	f.IntSliceVar(&opt.Windows, "window", []int{1, 16, 256}, "unanswered messages of a bind (repeatable)")
	f.DurationVar(&opt.Time, "time", 0, "how long each load takes; default 3s")
	f.IntVar(&opt.Messages, "messages", 0, "messages of each load, in place of --time")
	f.IntVar(&opt.Rounds, "rounds", 1, "how often each load is measured; the median counts")
	f.IntVar(&opt.Binds, "binds", 4, "sessions of the load")
	f.IntVar(&opt.Conversations, "conversations", 100_000, "pairs of sender and receiver")
	f.IntVar(&opt.Octets, "octets", 18, "octets of text in a message")
	f.Float64Var(&opt.Rate, "rate", 0, "messages a second, for latencies")
	f.BoolVar(&opt.Hot, "hot", false, "all messages in one conversation")
	f.IntVar(&opt.Record, "record", 0, "fill so many conversations on record, then compare known and new ones")
	f.IntVar(&opt.Idle, "idle", 0, "bind so many sessions that send nothing")
	f.StringVar(&opt.Dir, "dir", "", "where stores are made; default: the temporary directory")
	f.StringVar(&jsonFile, "json", "", "file for the results as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, w := range ways {
			opt.Ways = append(opt.Ways, bench.Way(w))
		}
		var err error
		if opt.Binary, err = os.Executable(); err != nil {
			return err
		}
		opt.Progress = cmd.ErrOrStderr()
		report, err := bench.Run(cmd.Context(), opt)
		if len(report.Tables) == 0 {
			return err
		}
		return errors.Join(err, report.WriteText(harmless{cmd.OutOrStdout()}), writeJSON(jsonFile, report))
	}
	return cmd
}

// writeJSON writes v to a file, if one is named.
func writeJSON(name string, v any) error {
	if name == "" {
		return nil
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o600)
}
