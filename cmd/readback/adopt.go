package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"readback/config"
)

// adoptFlags gives cmd the flags by which a running gateway reads its configuration. A flag that cmd was given
// stays. The environment is not adopted: a container has one for all of its processes.
func adoptFlags(cmd *cobra.Command, pid int) error {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // proc(5): each argument ends with a NUL
	if err != nil {
		return fmt.Errorf("command line of the gateway: %w", err)
	}
	given, err := serveFlags(strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00"))
	if err != nil {
		return fmt.Errorf("command line of process %d: %w", pid, err)
	}
	given.Visit(func(f *pflag.Flag) {
		if to := cmd.Flags().Lookup(f.Name); !to.Changed {
			err = copyFlag(to, f)
		}
	})
	return err
}

// serveFlags returns config's flags in the command line of a gateway. It may stand behind another program that
// started the gateway, such as the init of a container.
func serveFlags(line []string) (*pflag.FlagSet, error) {
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	config.RegisterFlags(flags)
	i := slices.Index(line, "serve")
	if i < 0 {
		return nil, fmt.Errorf("it is not a gateway: no serve in %q", line[0])
	}
	return flags, flags.Parse(line[i+1:])
}

// copyFlag sets a flag to the value of another one of its type.
func copyFlag(to, from *pflag.Flag) error {
	list, ok := from.Value.(pflag.SliceValue)
	if !ok {
		to.Changed = true
		return to.Value.Set(from.Value.String())
	}
	to.Changed = true
	return to.Value.(pflag.SliceValue).Replace(list.GetSlice())
}
