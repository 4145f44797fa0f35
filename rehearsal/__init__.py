"""The rehearsal: the program run against throwaway real servers on this computer."""
