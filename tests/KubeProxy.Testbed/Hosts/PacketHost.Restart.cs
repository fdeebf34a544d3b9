namespace KubeProxy.Testbed.Hosts;

/// <summary>The process ends without a word, and another one is started in the same folder.</summary>
public abstract partial class PacketHost
{
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);
    private Action? _relaunch;

    /// <summary>SIGKILL: nothing is tidied up.</summary>
    public void Kill()
    {
        Running.Kill();
        if (!Running.WaitForExit(KillLimit))
            throw new TestbedException($"{Name} outlived SIGKILL");
    }

    /// <summary>Starts the process that has ended again: the same command, folder and configuration. Packet interfaces are to be created anew.</summary>
    public void StartAgain()
    {
        if (IsAlive || _relaunch is null)
            throw new TestbedException($"{Name} was not started, or has not ended");
        Leftovers.Remove(this);
        _cli?.Dispose();
        _cli = null;
        Running.Dispose();
        _captures.Clear();
        _macs.Clear();
        _relaunch();
    }
}
