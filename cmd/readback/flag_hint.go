package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"readback/internal/setting"
)

// hintFlag adds to the error of an unknown flag what may have been meant.
func hintFlag(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	return fmt.Errorf("%w (hint: %s)", err, flagHint(cmd, unknown.GetSpecifiedName()))
}

// flagHint says what may have been meant by an unknown flag. A key of the configuration is no flag.
func flagHint(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	near := setting.Nearest(name, names, max(1, len(name)/3))
	switch set := cmd.Flags().Lookup("set"); {
	case set != nil && strings.Contains(name, "."):
		return "--set " + name + "=VALUE sets a key of the configuration"
	case near != "":
		return "did you mean --" + near + "?"
	}
	return cmd.CommandPath() + " --help lists the flags"
}
