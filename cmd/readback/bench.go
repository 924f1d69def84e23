package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"readback/internal/bench"
)

// benchOutput is where the results of a benchmark go, beside the terminal.
type benchOutput struct{ from, json, charts, page string }

func benchCommand() *cobra.Command {
	var opt bench.Options
	var ways []string
	var out benchOutput
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: messages a second, latencies, processor time, memory",
		Long: `Sends messages through a direct connection, a plain TCP relay, HAProxy (if it is
installed) and the gateway, each as a process of its own on this machine, and prints
a table of what each costs. All of them use the loopback and a temporary directory.
Without --rate, --hot, --record, --idle or --all it compares the ways with each
window, and measures reads. docs/performance.md explains the columns.`,
		Example: `  readback bench
  readback bench --against ./readback-before --rounds 3 --window 16 --ways haproxy,tracked
  readback bench --rate 2000 --time 5m
  readback bench --all --json bench.json --charts charts`,
		Args: cobra.NoArgs,
	}
	benchFlags(cmd, &opt, &ways, &out)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, w := range ways {
			opt.Ways = append(opt.Ways, bench.Way(w))
		}
		opt.Progress = cmd.ErrOrStderr()
		report, err := out.report(cmd.Context(), opt)
		if len(report.Tables) == 0 && len(report.Idle) == 0 {
			return err
		}
		return errors.Join(err, out.write(report, harmless{cmd.OutOrStdout()}))
	}
	return cmd
}

func benchFlags(cmd *cobra.Command, opt *bench.Options, ways *[]string, out *benchOutput) {
	f := cmd.Flags()
	f.BoolVar(&opt.All, "all", false, "everything: all of the below, and how cost grows")
	f.StringVar(&opt.Against, "against", "", "program of another release, measured in turn")
	f.StringVar(&opt.Label, "label", "", "what this release is called in the report")
	f.StringVar(&opt.AgainstLabel, "against-label", "", "what --against is called in the report")
	f.StringSliceVar(ways, "ways", nil, fmt.Sprintf("only these of %q", bench.Ways()))
	f.IntSliceVar(&opt.Windows, "window", []int{1, 16, 256}, "unanswered messages of a bind (repeatable)")
	f.DurationVar(&opt.Time, "time", bench.DefaultTime, "how long each load takes")
	f.IntVar(&opt.Messages, "messages", 0, "messages of each load, in place of --time; stores are not warmed")
	f.IntVar(&opt.Rounds, "rounds", 1, "how often each load is measured; the median counts")
	f.IntVar(&opt.Binds, "binds", 4, "sessions of the load")
	f.IntVar(&opt.Conversations, "conversations", 100_000, "pairs of sender and receiver")
	f.IntVar(&opt.Octets, "octets", 18, "octets of text in a message")
	f.Float64Var(&opt.Rate, "rate", 0, "messages a second, for latencies")
	f.BoolVar(&opt.Hot, "hot", false, "all messages in one conversation")
	f.IntVar(&opt.Record, "record", 0, "fill so many conversations on record, then compare known and new ones")
	f.IntVar(&opt.Idle, "idle", 0, "bind so many sessions that send nothing")
	f.StringVar(&opt.Dir, "dir", "", "where stores are made; default: the temporary directory")
	f.StringVar(&out.from, "from", "", "show the results in this file, of an earlier --json, and measure nothing")
	f.StringVar(&out.json, "json", "", "file for the results as JSON")
	f.StringVar(&out.charts, "charts", "", "directory for charts as SVG")
	f.StringVar(&out.page, "page", "", "page in Markdown whose tables are replaced, such as docs/performance.md")
}

// report measures, or reads what was measured before.
func (o benchOutput) report(ctx context.Context, opt bench.Options) (report bench.Report, err error) {
	if o.from != "" {
		text, err := os.ReadFile(o.from)
		if err == nil {
			err = json.Unmarshal(text, &report)
		}
		if err != nil {
			return report, fmt.Errorf("--from: %w", err)
		}
		return report, nil
	}
	if err := o.prepare(); err != nil {
		return report, err
	}
	if opt.Binary, err = os.Executable(); err != nil {
		return report, err
	}
	return bench.Run(ctx, opt)
}

// prepare finds out before a long run whether the results can be written.
func (o benchOutput) prepare() error {
	for _, dir := range []string{o.charts, filepath.Dir(o.json)} {
		if err := os.MkdirAll(filepath.Clean(dir), 0o755); err != nil {
			return err
		}
	}
	if o.json != "" {
		f, err := os.OpenFile(o.json, os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("--json: %w", err)
		}
		_ = f.Close() // nothing was written
	}
	if o.page != "" {
		return bench.CheckPage(o.page)
	}
	return nil
}

// write writes the report to wherever it is wanted.
func (o benchOutput) write(report bench.Report, w io.Writer) error {
	errs := []error{report.WriteText(w)}
	if o.json != "" {
		text, err := json.MarshalIndent(report, "", "  ")
		errs = append(errs, err, os.WriteFile(o.json, append(text, '\n'), 0o644))
	}
	if o.charts != "" {
		errs = append(errs, report.WriteCharts(o.charts))
	}
	if o.page != "" {
		charts := o.charts
		if charts != "" {
			var err error
			charts, err = filepath.Rel(filepath.Dir(o.page), o.charts)
			errs = append(errs, err)
		}
		errs = append(errs, report.WritePage(o.page, charts))
	}
	return errors.Join(errs...)
}
