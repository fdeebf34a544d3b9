using System.Runtime.InteropServices;

namespace KubeProxy.Testbed;

/// <summary>Signals to processes that the testbed started.</summary>
internal static partial class Signals
{
    private const int SigTerm = 15;

    /// <summary>Asks a process to end; one that has ended already is no error.</summary>
    public static void Terminate(int pid) => _ = Kill(pid, SigTerm);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
