using System.Diagnostics;
using System.Runtime.InteropServices;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Bench.Baseline;

/// <summary>The C baseline (bench/baseline), compiled by this machine's gcc against Core's structures as they are now, and loaded.</summary>
internal static unsafe class CBaseline
{
    /// <summary>The plugin's instruction set. C# assumes nothing of the types behind two pointers, and neither may C here.</summary>
    public const string Flags = "-std=gnu11 -O3 -march=x86-64-v3 -maes -fno-strict-aliasing -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror";

    private static readonly string[] Sources = ["kp_forward.c", "kp_return.c"];
    private static readonly nint Library = Load();

    /// <summary>Translates a batch; answers how many packets need the longer way.</summary>
    public static delegate* unmanaged[SuppressGCTransition]<Worker*, PacketBatch*, uint, uint> Forward { get; } =
        (delegate* unmanaged[SuppressGCTransition]<Worker*, PacketBatch*, uint, uint>)NativeLibrary.GetExport(Library, "kp_baseline_forward");

    /// <summary>Translates a batch of answers; answers how many packets need the longer way.</summary>
    public static delegate* unmanaged[SuppressGCTransition]<Worker*, PacketBatch*, uint, uint> Return { get; } =
        (delegate* unmanaged[SuppressGCTransition]<Worker*, PacketBatch*, uint, uint>)NativeLibrary.GetExport(Library, "kp_baseline_return");

    /// <summary>Clocks of the processor's time stamp counter.</summary>
    public static delegate* unmanaged[SuppressGCTransition]<ulong> Clocks { get; } =
        (delegate* unmanaged[SuppressGCTransition]<ulong>)NativeLibrary.GetExport(Library, "kp_baseline_clocks");

    /// <summary>First line of what the compiler says of itself.</summary>
    public static string Compiler => Gcc(["--version"]).Split('\n')[0];

    private static nint Load()
    {
        string sources = Path.Combine(AppContext.BaseDirectory, "baseline");
        string folder = Directory.CreateTempSubdirectory("kp-baseline-").FullName;
        try
        {
            string library = Path.Combine(folder, "kp_baseline.so");
            File.WriteAllText(Path.Combine(folder, "kp_layout.h"), CoreLayout.Write());
            _ = Gcc([.. Flags.Split(' '), "-I", folder, .. Sources.Select(source => Path.Combine(sources, source)), "-o", library]);
            return NativeLibrary.Load(library);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Gcc(string[] arguments)
    {
        ProcessStartInfo start = new("gcc", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process gcc = Process.Start(start) ?? throw new InvalidOperationException("gcc does not start");
        Task<string> errors = gcc.StandardError.ReadToEndAsync();
        string output = gcc.StandardOutput.ReadToEnd();
        gcc.WaitForExit();
        return gcc.ExitCode == 0 ? output : throw new InvalidOperationException($"gcc {string.Join(' ', arguments)}: {errors.Result}");
    }
}
