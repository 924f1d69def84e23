package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"readback/config"
)

func hashPasswordCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "hash-password",
		Short: "Make a hash for accounts.SYSTEM_ID.password_hash",
		Long: `Reads a password, one line of standard input, and prints its bcrypt hash. The
password is no argument, since arguments show in the list of processes:

  printf %s "$PASSWORD" | readback hash-password`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			line, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 1024)).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("read password: %w", err)
			}
			password := strings.TrimRight(line, "\r\n")
			hash, err := config.HashPassword([]byte(password))
			if err != nil {
				return err
			}
			if len(password) > 8 { // SMPP 3.4 §5.2.2
				say(cmd.ErrOrStderr(), "warning: the password is longer than the 8 octets of SMPP: some ESMEs cut it off\n")
			}
			say(cmd.OutOrStdout(), "%v\n", hash)
			return nil
		},
	}
}
