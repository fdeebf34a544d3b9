using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vppinfra;

/// <summary>clib_error_t: a vector of messages, the first being the reason.</summary>
internal static unsafe class ClibError
{
    [UnmanagedCallersOnly(EntryPoint = "_clib_error_return", CallConvs = [typeof(CallConvCdecl)])]
    internal static clib_error_t* Return(clib_error_t* errors, nint code, nuint flags, byte* where, byte* fmt, byte* argument)
    {
        clib_error_t* all = Vec.Validate(errors, Vec.Length(errors) + 1);
        clib_error_t* last = all + Vec.Length(all) - 1;
        last->what = Vec.Append(null, FormatExports.Expand(fmt, argument));
        last->where = where;
        last->flags = flags;
        last->code = code;
        return all;
    }

    internal static clib_error_t* Create(string message)
    {
        clib_error_t* error = Vec.Create<clib_error_t>(1);
        error->what = Vec.FromString(message);
        return error;
    }

    /// <summary>The message, the error being freed; null for no error.</summary>
    internal static string? Take(clib_error_t* errors)
    {
        if (errors == null)
            return null;
        string message = Vec.ToString(errors->what);
        for (uint i = 0; i < Vec.Length(errors); i++)
            Vec.Free(errors[i].what);
        Vec.Free(errors);
        return message;
    }
}
