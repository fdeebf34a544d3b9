using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KubeProxy.Testbed.Network;

/// <summary>A network namespace of our own, with a name no other run uses; what lives in it goes with it.</summary>
public sealed partial class NetworkNamespace : IDisposable
{
    private const int CloneNewNet = 0x40000000;
    private static int _count;

    public NetworkNamespace(string purpose)
    {
        Name = $"kp{Environment.ProcessId}-{Interlocked.Increment(ref _count)}-{purpose}";
        Tool.Run("ip", "netns", "add", Name);
        Leftovers.Add(this);
        Ip("link", "set", "lo", "up");
    }

    public string Name { get; }

    /// <summary>Null when namespaces can be made here, else the reason.</summary>
    public static string? Missing()
    {
        if (!Tool.IsRoot)
            return "network namespaces need root";
        if (Tool.Find("ip") is null)
            return "'ip' is not installed (package iproute2)";
        return Tool.Find("ethtool") is null ? "'ethtool' is not installed (package ethtool)" : null;
    }

    /// <summary>Runs <c>ip</c> inside.</summary>
    public string Ip(params IReadOnlyList<string> arguments) => Tool.Run("ip", ["-n", Name, .. arguments]);

    /// <summary>Starts a program inside; it keeps the pid.</summary>
    public Process Start(string program, params IReadOnlyList<string> arguments) =>
        Tool.Start("ip", ["netns", "exec", Name, program, .. arguments]);

    /// <summary>Runs a program inside to its end.</summary>
    public ToolResult Run(TimeSpan limit, string program, params IReadOnlyList<string> arguments) =>
        Tool.Try(limit, "ip", ["netns", "exec", Name, program, .. arguments]);

    /// <summary>
    /// Does something inside, on a thread of its own: a socket belongs for its life to the namespace it was created in,
    /// whichever thread uses it afterwards.
    /// </summary>
    public T Inside<T>(Func<T> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        T result = default!;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Enter();
                result = action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new TestbedException($"inside {Name}: {failure.Message}", failure);
    }

    public void Dispose()
    {
        Leftovers.Remove(this);
        Tool.Try("ip", "netns", "del", Name);
    }

    private void Enter()
    {
        using SafeFileHandle handle = File.OpenHandle($"/run/netns/{Name}");
        if (SetNs(handle, CloneNewNet) != 0)
            throw new TestbedException($"setns: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNs(SafeFileHandle descriptor, int kind);
}
