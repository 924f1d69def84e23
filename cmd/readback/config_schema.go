package main

import (
	"github.com/spf13/cobra"

	"readback/config"
)

func configSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration",
		Long: `Prints the JSON Schema (draft 2020-12) of the configuration file. Editors that know
yaml-language-server complete and check the keys with it, if it stands as config.schema.json
beside the file, and the file has this line, as the sample of readback check --sample has:

# yaml-language-server: $schema=config.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(config.JSONSchema())
			return err
		},
	}
}
