package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// groupsOnly lets no command below root succeed that was mistyped: cobra would print the help of the group, and exit 0.
// A group without a name after it shows its help.
func groupsOnly(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.SetFlagErrorFunc(flagError)
	for _, cmd := range root.Commands() {
		if cmd.Name() == "help" {
			cmd.Run, cmd.RunE = nil, showHelp
		}
	}
	eachCommand(root, func(cmd *cobra.Command) {
		if cmd.HasSubCommands() && !cmd.Runnable() {
			cmd.Annotations = map[string]string{onlyGroup: ""}
			cmd.Args, cmd.DisableFlagsInUseLine = noOther, true
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	})
}

// onlyGroup is the annotation of a command that does nothing by itself.
const onlyGroup = "group"

func isGroup(cmd *cobra.Command) bool {
	_, ok := cmd.Annotations[onlyGroup]
	return ok
}

// eachCommand calls f with cmd and all commands below it.
func eachCommand(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, c := range cmd.Commands() {
		eachCommand(c, f)
	}
}

// noOther is the Args of a group of commands: what follows its name must be one of them.
func noOther(group *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := group.CommandPath() + " --help lists them"
	group.SuggestionsMinimumDistance = 1 + len(args[0])/4 // letters
	if near := group.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q for %s (hint: %s)", args[0], group.CommandPath(), hint)
}

// flagError returns the error of a flag; of a group whose command was mistyped, the error of that, since its flags
// are unknown too.
func flagError(cmd *cobra.Command, err error) error {
	if cmd.HasSubCommands() {
		if unknown := cmd.ValidateArgs(cmd.Flags().Args()); unknown != nil {
			return unknown
		}
	}
	return hintFlag(cmd, err)
}

// showHelp is readback help: it shows the help of the command that args name.
func showHelp(help *cobra.Command, args []string) error {
	cmd, rest, err := help.Root().Find(args)
	if err != nil {
		return err
	}
	if cmd.HasSubCommands() {
		if err := noOther(cmd, rest); err != nil {
			return err
		}
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	return cmd.Help()
}
