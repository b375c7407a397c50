"""Control of the machines: sequences, commands, latches."""
